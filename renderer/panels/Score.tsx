import { percent } from './percent.ts';

/** A share as a number and a bar. */
export function Score({ name, title, share }: { name: string; title: string; share: number }) {
  return (
    <span className="score" title={title}>
      <span className="muted">{name}</span>
      <span>{percent(share)}</span>
      <span className="score-bar">
        <span style={{ width: `${Math.min(1, Math.max(0, share)) * 100}%` }} />
      </span>
    </span>
  );
}
