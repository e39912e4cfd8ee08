import { writeFileSync } from 'node:fs';

// Loaded before a contender: when it ends, what the whole process used is written where the harness looks for it.
const file = process.env.BENCH_USAGE;
if (file !== undefined)
  process.on('exit', () => {
    const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
    writeFileSync(file, JSON.stringify({ cpuMs: (userCPUTime + systemCPUTime) / 1000, peakRssKb: maxRSS }));
  });
