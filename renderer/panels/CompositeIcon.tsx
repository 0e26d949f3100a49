import { SVGIconContainer, type SVGIconProps } from '@blueprintjs/icons';

const circle = (x: number, y: number) =>
  `M${x - 4.5} ${y}a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0-9 0Zm1.5 0a3 3 0 1 1 6 0a3 3 0 1 1-6 0Z`;

/** Three circles that overlap, as colours of light do: Blueprint has no sign for a composite. */
export function CompositeIcon(props: Partial<SVGIconProps>) {
  return (
    <SVGIconContainer iconName="intersection" {...props}>
      <path fillRule="evenodd" d={circle(8, 5.5)} />
      <path fillRule="evenodd" d={circle(5.2, 10.5)} />
      <path fillRule="evenodd" d={circle(10.8, 10.5)} />
    </SVGIconContainer>
  );
}
