import type { FilterName } from '../state/proposalFilter.ts';

/** What each filter looks at: things that stay are filled, what it may hide is dashed. Sides are 28 units. */
const sketches: Record<FilterName, React.JSX.Element> = {
  area: (
    <>
      <circle className="thing" cx="17.5" cy="15" r="8" />
      <circle className="out" cx="5.5" cy="8" r="2.5" />
      <circle className="out" cx="5" cy="22" r="1.6" />
    </>
  ),
  confidence: (
    <>
      <path className="line thin" d="M4 20A10 10 0 0 1 24 20" />
      <path className="line" d="M14 20 19.5 11.5" />
      <circle className="core" cx="14" cy="20" r="2.4" />
    </>
  ),
  predictedIou: (
    <>
      <circle className="thing" cx="13" cy="14" r="8.5" />
      <circle className="out" cx="16" cy="14.8" r="8.5" />
    </>
  ),
  stability: (
    <>
      <path className="thing" d="M14 7.5c4.5 0 6.5 3 6.5 6.5S18 20 14 20 7.5 17.5 7.5 14 9.5 7.5 14 7.5Z" />
      <path className="out" d="M14 4c6.5 0 10 4.5 10 10s-4 10-10 10S4 19.5 4 14 7.5 4 14 4Z" />
    </>
  ),
  border: (
    <>
      <rect className="frame" x="3" y="3" width="22" height="22" />
      <circle className="thing" cx="17" cy="16" r="5" />
      <path className="out" d="M3 6.500A4.5 4.5 0 0 1 3 15.500Z" />
    </>
  ),
  nesting: (
    <>
      <circle className="thing" cx="14" cy="14" r="10.5" />
      <circle className="out" cx="17" cy="16" r="4" />
    </>
  ),
  parts: (
    <>
      <circle className="out" cx="8.5" cy="9" r="4.5" />
      <circle className="out" cx="19.5" cy="17.5" r="5.5" />
      <path className="line thin" d="M11.7 12.2 15.4 14.8" strokeDasharray="1.5 1.5" />
    </>
  ),
  overlap: (
    <>
      <rect className="thing" x="3" y="4" width="14" height="13" rx="2" />
      <rect className="out" x="12" y="11" width="13" height="13" rx="2" />
    </>
  ),
};

export function FilterPicture({ name }: { name: FilterName }) {
  return (
    <svg className="sketch" viewBox="0 0 28 28" width={28} height={28} aria-hidden="true">
      {sketches[name]}
    </svg>
  );
}
