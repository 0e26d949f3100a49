import { InvalidArgumentError } from 'commander';

/** Parser of an option that takes a whole number from `low` to `high`. */
export function wholeNumber(low: number, high: number = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < low || value > high) {
      const range = high === Number.MAX_SAFE_INTEGER ? `from ${low} on` : `from ${low} to ${high}`;
      throw new InvalidArgumentError(`it is a whole number ${range}.`);
    }
    return value;
  };
}
