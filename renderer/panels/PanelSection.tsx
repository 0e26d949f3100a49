import { Button } from '@blueprintjs/core';
import { ChevronDown, ChevronRight } from '@blueprintjs/icons';
import { useId, useState } from 'react';

interface PanelSectionProps {
  title: string;
  /** Beside the title, at the right. */
  extra?: React.ReactNode;
  /** Takes the height that the others leave; can't be folded. */
  grows?: boolean;
  /** At first. */
  folded?: boolean;
  className?: string;
  children: React.ReactNode;
}

/** A titled part of the right pane. */
export function PanelSection({
  title,
  extra,
  grows = false,
  folded = false,
  className = '',
  children,
}: PanelSectionProps) {
  const [open, setOpen] = useState(!folded);
  const id = useId();
  return (
    <section className={`panel ${grows ? 'panel-grows' : ''} ${className}`} aria-labelledby={id}>
      <header className="panel-header">
        {grows ? (
          <h2 id={id}>{title}</h2>
        ) : (
          <Button
            className="panel-fold"
            variant="minimal"
            size="small"
            icon={open ? <ChevronDown /> : <ChevronRight />}
            aria-expanded={open}
            onClick={() => setOpen(!open)}
          >
            <h2 id={id}>{title}</h2>
          </Button>
        )}
        <div className="panel-extra">{extra}</div>
      </header>
      {(grows || open) && <div className="panel-body">{children}</div>}
    </section>
  );
}
