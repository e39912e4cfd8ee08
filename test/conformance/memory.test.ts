import { memoryHarness } from './memory-source.js';
import { adapterConformance } from './suite.js';

adapterConformance('the memory source', memoryHarness());
