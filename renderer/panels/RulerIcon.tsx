import { SVGIconContainer, type SVGIconProps } from '@blueprintjs/icons';

/** A ruler with its marks: Blueprint has none. */
export function RulerIcon(props: Partial<SVGIconProps>) {
  return (
    <SVGIconContainer iconName="horizontal-distribution" {...props}>
      <path
        fillRule="evenodd"
        d="M1.5 4h13c.55 0 1 .45 1 1v6c0 .55-.45 1-1 1h-13c-.55 0-1-.45-1-1V5c0-.55.45-1 1-1ZM2 5.5v5h12v-5h-1.25V8h-1.5V5.5H9.75V7h-1.5V5.5h-1.5V8h-1.5V5.5h-1V7h-1.5V5.5H2Z"
      />
    </SVGIconContainer>
  );
}
