import { ButtonGroup, ProgressBar } from '@blueprintjs/core';
import { ArrowDown, ArrowUp } from '@blueprintjs/icons';
import { CommandButton } from '../app/CommandButton.tsx';
import { useReview } from '../state/proposalStore.ts';
import { strings } from '../strings.ts';

const text = strings.proposals;

/** How much of the review is left, and decisions about all at once. */
export function ReviewBar() {
  const { shown, hidden, decided } = useReview();
  const total = shown.length + decided;
  return (
    <div className="review-bar">
      <div className="review-counter">
        <strong data-testid="proposals-left" data-left={shown.length}>
          {text.left(shown.length, total)}
        </strong>
        <ButtonGroup>
          <CommandButton command="previous-proposal" size="small" icon={<ArrowUp />} />
          <CommandButton command="next-proposal" size="small" icon={<ArrowDown />} />
        </ButtonGroup>
      </div>
      <ProgressBar animate={false} stripes={false} intent="success" value={total === 0 ? 0 : decided / total} />
      <div className="review-all">
        <CommandButton
          command="accept-shown"
          size="small"
          variant="outlined"
          fill
          text={text.acceptShown(shown.length)}
        />
        <CommandButton
          command="reject-hidden"
          size="small"
          variant="outlined"
          fill
          text={text.rejectHidden(hidden.length)}
        />
      </div>
    </div>
  );
}
