import { symlinkSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { discoverInputs } from '../../../src/input/discover.ts';
import { UserError } from '../../../src/model/errors.ts';
import { scratchFolder } from './scratch-folder.ts';

const namesOf = async (args: string[]): Promise<string[]> =>
  (await discoverInputs(args)).map(({ name }) => name);

describe('discovering inputs', () => {
  it('names one file by itself and several by what they share', async () => {
    const folder = scratchFolder({ 'a/mx1/mail.log': 'x', 'a/mx2/mail.log': 'xy', 'b.log': '' });
    expect(await namesOf([path.join(folder, 'a/mx1/mail.log')])).toEqual(['mail.log']);
    const both = await discoverInputs([
      path.join(folder, 'a/mx2/mail.log'),
      path.join(folder, 'a/mx1'),
    ]);
    expect(both.map(({ name, sizeBytes }) => [name, sizeBytes])).toEqual([
      ['mx1/mail.log', 1],
      ['mx2/mail.log', 2],
    ]);
    expect(both[0].path).toBe(path.join(folder, 'a/mx1/mail.log'));
    expect(both[0].mtimeMs).toBeGreaterThan(0);
  });

  it('passes over what is no log in a folder, but not what is named', async () => {
    const folder = scratchFolder({
      'mail.log': '',
      'mail.log.1.gz': '',
      '.hidden.log': '',
      'policy.yaml': '',
      'nets.CIDR': '',
      'deep/deeper/maillog': '',
      'deep/README.md': '',
    });
    expect(await namesOf([folder])).toEqual(['deep/deeper/maillog', 'mail.log', 'mail.log.1.gz']);
    expect(await namesOf([path.join(folder, 'policy.yaml')])).toEqual(['policy.yaml']);
  });

  it('expands globs, unless a file has that very name', async () => {
    const folder = scratchFolder({ 'mail[1].log': '', 'mail1.log': '', 'mail2.log': '' });
    expect(await namesOf([path.join(folder, 'mail[1].log')])).toEqual(['mail[1].log']);
    expect(await namesOf([path.join(folder, 'mail?.log')])).toEqual(['mail1.log', 'mail2.log']);
  });

  it('takes a file once, however often it is named, in the order of bytes', async () => {
    const folder = scratchFolder({ 'é.log': '', 'z.log': '', 'Z.log': '' });
    const file = path.join(folder, 'z.log');
    expect(await namesOf([file, folder, path.join(folder, './z.log')])).toEqual([
      'Z.log',
      'z.log',
      'é.log',
    ]);
  });

  it('does not follow links to folders, which may loop', async () => {
    const folder = scratchFolder({ 'mail.log': '' });
    symlinkSync(folder, path.join(folder, 'loop'));
    symlinkSync(path.join(folder, 'mail.log'), path.join(folder, 'current.log'));
    expect(await namesOf([folder])).toEqual(['current.log', 'mail.log']);
  });

  it('takes standard input beside files, once', async () => {
    const folder = scratchFolder({ 'mail.log': '' });
    expect(await namesOf(['-', path.join(folder, 'mail.log')])).toEqual(['-', 'mail.log']);
    await expect(discoverInputs(['-', '-'])).rejects.toThrow(UserError);
  });

  it.each([
    ['nothing.log', /no such file or folder: '.*nothing\.log'/],
    ['*.nothing', /no file matches '.*\*\.nothing'/],
    ['empty', /no log files in '.*empty'/],
  ])('says what %s lacks', async (name, message) => {
    const folder = scratchFolder({ 'empty/.keep': '' });
    await expect(discoverInputs([path.join(folder, name)])).rejects.toThrow(UserError);
    await expect(discoverInputs([path.join(folder, name)])).rejects.toThrow(message);
  });
});
