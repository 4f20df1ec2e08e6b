import type { Role } from '../support/surfaces/test-server.ts';
import { ada, type ConsoleServer, carefulAgent, openConsole } from './console.ts';

const minutes = (count: number) => new Date(Date.now() - count * 60_000);

/** Two people with every right, and an agent whose stops need the yes of one of them. */
const people: Readonly<Record<string, Role>> = {
  ada,
  grace: ada,
  'night-agent': carefulAgent,
};

type Seed = Parameters<ConsoleServer['sandbox']['providers']['ionq']['addJob']>[0];

const id = (number: number) => `7c1e0d5a-31f4-4b6e-9a2d-${String(number).padStart(12, '0')}`;

const atIonq: readonly Seed[] = [
  {
    name: 'VQE ansatz sweep H2O',
    state: 'running',
    owner: 'ada',
    target: 'qpu.forte-1',
    createdAt: minutes(134),
  },
  { name: 'VQE ansatz sweep LiH', state: 'queued', owner: 'ada', createdAt: minutes(131) },
  { name: 'QAOA max-cut 20 qubits', state: 'running', owner: 'grace', createdAt: minutes(58) },
  { name: 'Randomised benchmarking', state: 'queued', owner: 'grace', createdAt: minutes(41) },
  { name: 'Error mitigation trial', state: 'running', owner: 'ada', createdAt: minutes(31) },
  { name: 'Phase estimation 12 bits', state: 'queued', owner: 'linus', createdAt: minutes(6) },
  { name: 'Bell state check', state: 'completed', owner: 'ada', createdAt: minutes(400) },
];

const atSutro: readonly Seed[] = [
  {
    name: 'Customer support batch',
    state: 'running',
    createdAt: minutes(1_500),
    rowsDone: 480,
    rowsRunning: 20,
  },
  { name: 'Embed product catalogue', state: 'running', createdAt: minutes(212) },
  { name: 'Label invoices of May', state: 'queued', createdAt: minutes(75) },
  { name: 'Summaries of meetings', state: 'running', createdAt: minutes(17) },
];

/** A console with the same few jobs each time. */
export async function openSeeded(roles = people): Promise<ConsoleServer> {
  const server = await openConsole(roles);
  const { ionq, sutro } = server.sandbox.providers;
  for (const [index, seed] of atIonq.entries()) ionq.addJob({ ...seed, id: id(index + 1) });
  for (const [index, seed] of atSutro.entries())
    sutro.addJob({ ...seed, id: `job-7f3a${String(index).padStart(4, '0')}-5c20-4e0b-8d11-96b1f0a2c344` });
  return server;
}
