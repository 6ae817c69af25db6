import type { KeyboardEvent } from 'react';

const STEP: Record<string, number> = { ArrowDown: 1, ArrowUp: -1 };

/** Arrow keys on the button that opens a row go to that of the next or previous row. */
export function moveFocus(event: KeyboardEvent<HTMLElement>): void {
  const step = STEP[event.key];
  if (step === undefined || !(event.target instanceof HTMLElement) || !event.target.hasAttribute('data-expand')) {
    return;
  }
  const buttons = [...event.currentTarget.querySelectorAll<HTMLElement>('[data-expand]')];
  const next = buttons[buttons.indexOf(event.target) + step];
  if (next) {
    event.preventDefault();
    next.focus();
  }
}
