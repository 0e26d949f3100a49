import type { AutomaticPreset } from '../../electron/service/api/proposals.ts';

/** What each preset is for, as one would sketch it: grounds, things on them, and lines. Sides are 40 units. */
const sketches: Record<AutomaticPreset, React.JSX.Element> = {
  particles: (
    <>
      <circle className="thing" cx="11" cy="12" r="6.5" />
      <circle className="thing" cx="27" cy="9" r="4" />
      <circle className="thing" cx="27" cy="26" r="8" />
      <circle className="thing" cx="10" cy="29" r="4.5" />
      <circle className="thing" cx="17" cy="21" r="2" />
      <circle className="thing" cx="36" cy="16" r="2" />
    </>
  ),
  grains: (
    <>
      <path className="thing" d="M0 0H18L14 13 0 17Z" />
      <path className="thing deep" d="M18 0H40V9L28 15 14 13Z" />
      <path className="thing deep" d="M0 17 14 13 18 27 9 40H0Z" />
      <path className="thing" d="M14 13 28 15 31 28 18 27Z" />
      <path className="thing" d="M28 15 40 9V26L31 28Z" />
      <path className="thing deep" d="M31 28 40 26V40H27Z" />
      <path className="thing" d="M18 27 31 28 27 40H9Z" />
    </>
  ),
  cracks: (
    <>
      <path className="line" d="M2 6 9 12 12 19 20 22 24 30 38 37" />
      <path className="line thin" d="M20 22 29 18 32 9 39 5M12 19 6 25 4 34" />
    </>
  ),
  layers: (
    <>
      <path className="thing" d="M0 8Q10 5 20 8T40 8V18Q30 21 20 18T0 18Z" />
      <path className="thing deep" d="M0 18Q10 15 20 18T40 18V24Q30 27 20 24T0 24Z" />
      <path className="thing" d="M0 32Q10 29 20 32T40 32V40H0Z" />
    </>
  ),
  cells: (
    <>
      <ellipse className="thing" cx="13" cy="13" rx="10" ry="8" transform="rotate(-18 13 13)" />
      <ellipse className="thing" cx="29" cy="20" rx="8" ry="10.5" transform="rotate(14 29 20)" />
      <ellipse className="thing" cx="14" cy="30" rx="9.5" ry="7" transform="rotate(10 14 30)" />
      <circle className="core" cx="12" cy="13" r="3.2" />
      <circle className="core" cx="29" cy="21" r="3.6" />
      <circle className="core" cx="14" cy="30" r="2.8" />
    </>
  ),
  grid: (
    <>
      {[6, 15.3, 24.7, 34].flatMap((y) =>
        [6, 15.3, 24.7, 34].map((x) => <circle key={`${x} ${y}`} className="core" cx={x} cy={y} r="2.1" />),
      )}
    </>
  ),
};

export function PresetPicture({ preset, size = 40 }: { preset: AutomaticPreset; size?: number }) {
  return (
    <svg className="sketch" viewBox="0 0 40 40" width={size} height={size} aria-hidden="true">
      {sketches[preset]}
    </svg>
  );
}
