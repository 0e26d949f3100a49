/** Keeps the last answer: the canvas, the list and the filters ask for the same one at every change. */
export function remembered<Arguments extends readonly unknown[], Result>(
  compute: (...given: Arguments) => Result,
): (...given: Arguments) => Result {
  let last: { given: Arguments; result: Result } | null = null;
  return (...given) => {
    if (!last || given.some((value, index) => value !== last!.given[index]))
      last = { given, result: compute(...given) };
    return last.result;
  };
}
