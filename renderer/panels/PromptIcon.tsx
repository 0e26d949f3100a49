import { SVGIconContainer, type SVGIconProps } from '@blueprintjs/icons';

/** A point inside a broken box: Blueprint has no sign for a segmentation prompt. */
export function PromptIcon(props: Partial<SVGIconProps>) {
  return (
    <SVGIconContainer iconName="locate" {...props}>
      <path d="M1 5V2a1 1 0 0 1 1-1h3v2H3v2H1Zm10-4h3a1 1 0 0 1 1 1v3h-2V3h-2V1ZM1 11h2v2h2v2H2a1 1 0 0 1-1-1v-3Zm12 0h2v3a1 1 0 0 1-1 1h-3v-2h2v-2ZM8 5.5a2.5 2.5 0 1 1 0 5 2.5 2.5 0 0 1 0-5Z" />
    </SVGIconContainer>
  );
}
