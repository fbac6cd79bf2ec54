import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const GOOD = path.join(ROOT, 'fixtures', 'policy', 'good');

/** A policy and where it is from. */
export interface PolicyExample {
  readonly name: string;
  readonly text: string;
}

/** The good policies of the fixtures, and the whole policies that the pages show. */
export function policyExamples(): PolicyExample[] {
  const files = readdirSync(GOOD).filter((name) => name.endsWith('.yaml'));
  const good = files.map((name) => ({ name, text: readFileSync(path.join(GOOD, name), 'utf8') }));
  const pages = readdirSync(path.join(ROOT, 'docs')).filter((name) => name.endsWith('.md'));
  const shown = pages.flatMap((name) => {
    const blocks = readFileSync(path.join(ROOT, 'docs', name), 'utf8').matchAll(
      /^```yaml\n([^`]*)^```$/gm,
    );
    return Array.from(blocks, ([, text]) => ({ name, text }));
  });
  return [...good, ...shown.filter(({ text }) => /^hindcast: 1$/m.test(text))];
}
