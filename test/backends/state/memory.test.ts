import { memoryDocuments } from '../../../src/backends/state/memory.ts';
import { stateStoreContract } from '../../contract/state.ts';

stateStoreContract('memory', async () => memoryDocuments());
