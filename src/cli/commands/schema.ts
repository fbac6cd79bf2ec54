import { policySchema } from '../../policy/yaml/read.ts';
import { testSchema } from '../../testing/test-keys.ts';
import type { CommandContext } from '../program.ts';
import { jsonText } from '../replay-logs.ts';

/** `hindcast schema` */
export function runSchema(kind: 'policy' | 'test', { stdio }: CommandContext): void {
  stdio.out(jsonText(kind === 'policy' ? policySchema() : testSchema()));
}
