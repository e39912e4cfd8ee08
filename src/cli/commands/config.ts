import { mappingOf, readConfig } from '../../app.js';
import { type AddCommands, say, subcommand } from '../session.js';

export const addConfigCommands: AddCommands = (program, host) => {
  const config = subcommand(program, 'config', 'the configuration');
  subcommand(config, 'check', 'every mistake at once, with line and column').action(async () => {
    const { globals } = host.session();
    const loaded = readConfig(globals.config, new Date());
    await mappingOf(loaded.config, loaded.baseDir);
    say(
      globals.output === 'table'
        ? `${globals.config} is good. ${loaded.values.length} values, hash ${loaded.hash.slice(0, 12)}`
        : JSON.stringify({ schemaVersion: 1, file: globals.config, isGood: true, hash: loaded.hash }),
    );
  });
  subcommand(config, 'show', 'every value in force and where it comes from').action(() => {
    const { globals } = host.session();
    const { values } = readConfig(globals.config, new Date());
    if (globals.output !== 'table') return say(JSON.stringify({ schemaVersion: 1, values }));
    for (const value of values) say(`${value.path} = ${value.value}  (${value.source})`);
  });
};
