import { availableParallelism } from 'node:os';
import { describe, expect, it } from 'vitest';
import { coresOfCount, coresOfCpuinfo, coresOfQuota, coresOfTopology, defaultThreads } from './threads.ts';

/** /proc/cpuinfo of two packages with two cores each, and two threads a core. */
const twoPackages = [0, 1, 2, 3, 4, 5, 6, 7]
  .map((processor) =>
    [
      `processor\t: ${processor}`,
      'vendor_id\t: GenuineIntel',
      'model name\t: Intel(R) Xeon(R) CPU E5-2680 v4 @ 2.40GHz',
      `physical id\t: ${processor >> 2}`,
      'siblings\t: 4',
      `core id\t\t: ${processor & 1}`,
      'cpu cores\t: 2',
    ].join('\n'),
  )
  .join('\n\n');

const arm = `processor\t: 0
BogoMIPS\t: 108.00
Features\t: fp asimd
CPU implementer\t: 0x41

processor\t: 1
BogoMIPS\t: 108.00
`;

describe('physical cores', () => {
  it.each([
    ['two threads a core', ['0,4', '1,5', '2,6', '3,7', '0,4\n', '1,5\n', '2,6\n', '3,7\n'], 4],
    ['neighbours', ['0-1', '0-1', '2-3', '2-3'], 2],
    ['one thread a core', ['0', '1'], 2],
    ['fast cores with two threads beside slow ones with one', ['0-1', '0-1', '2', '3'], 3],
    ['nothing told', ['', ''], null],
  ])('from the siblings: %s', (_, siblings, cores) => {
    expect(coresOfTopology(siblings)).toBe(cores);
  });

  it('from /proc/cpuinfo: cores of each package', () => {
    expect(coresOfCpuinfo(twoPackages)).toBe(4);
    expect(coresOfCpuinfo(arm)).toBe(null);
    expect(coresOfCpuinfo('')).toBe(null);
  });

  it('from sysctl and from the query of Windows', () => {
    expect(coresOfCount('8\n')).toBe(8);
    expect(coresOfCount(' 12\r\n')).toBe(12);
    for (const text of ['', '0', 'sysctl: unknown oid', '8 cores']) expect(coresOfCount(text)).toBe(null);
  });

  it('that a container may use', () => {
    expect(coresOfQuota('200000 100000\n')).toBe(2);
    expect(coresOfQuota('150000 100000\n')).toBe(2);
    expect(coresOfQuota('50000 100000\n')).toBe(1);
    for (const text of ['max 100000\n', '', '1 0']) expect(coresOfQuota(text)).toBe(Number.POSITIVE_INFINITY);
  });

  it('are the threads that inference takes, within what this process may use', () => {
    expect(defaultThreads()).toBeGreaterThanOrEqual(1);
    expect(defaultThreads()).toBeLessThanOrEqual(availableParallelism());
  });
});
