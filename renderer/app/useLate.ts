import { useEffect, useState } from 'react';

/** Most answers are there by then; a sign of waiting that comes and goes within a blink only disturbs. */
const patienceMs = 250;

/** True once `waiting` has been true for a while; false at once when it ends. */
export function useLate(waiting: boolean): boolean {
  const [late, setLate] = useState(false);
  useEffect(() => {
    if (!waiting) return;
    const timer = setTimeout(() => setLate(true), patienceMs);
    return () => {
      clearTimeout(timer);
      setLate(false);
    };
  }, [waiting]);
  return late && waiting;
}
