import type { KeyboardEvent } from 'react';

/** Up and down, Home and End between the names of lanes that are rendered. */
export function moveLabelFocus(event: KeyboardEvent<HTMLElement>): void {
  const buttons = [...event.currentTarget.querySelectorAll<HTMLButtonElement>('button[data-lane]')];
  const at = buttons.findIndex((button) => button.closest('[data-lane-name]')?.contains(document.activeElement));
  const target = { ArrowUp: at - 1, ArrowDown: at + 1, Home: 0, End: buttons.length - 1 }[event.key];
  const next = target === undefined ? undefined : buttons[Math.min(buttons.length - 1, Math.max(0, target))];
  if (next) {
    event.preventDefault();
    next.focus();
  }
}
