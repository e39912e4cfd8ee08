import { solvimonHarness } from './solvimon-harness.js';
import { adapterConformance } from './suite.js';

adapterConformance('Solvimon', solvimonHarness);
