import React from 'react';
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { t } from '@grafana/i18n';
import { Icon, useStyles2 } from '@grafana/ui';
import { AS_TEXT, cutText } from '../../format/text';
import type { PanelModel } from '../model/types';

const MAX_WHY = 200;

/** What the panel does not show of what the source has: said, never left out silently. Nothing to say: nothing. */
export function PanelNotes({ model }: { model: PanelModel }): React.ReactElement | null {
  const styles = useStyles2(getStyles);
  const notes = notesOf(model);
  if (notes.length === 0) {
    return null;
  }
  return (
    <div role="note" className={styles.notes}>
      {notes.map((note) => (
        <span key={note} className={styles.note} title={note}>
          <Icon name="info-circle" size="sm" /> {note}
        </span>
      ))}
    </div>
  );
}

/** The notes as sentences. */
export function notesOf({ truncated, skipped, corrected, items }: PanelModel): string[] {
  const notes: string[] = [];
  if (truncated) {
    notes.push(
      t(
        'panel.states.note.truncated',
        'There are more than the newest {{count}} shown; narrow the time range to see the others.',
        {
          count: items.length,
        }
      )
    );
  }
  if (skipped.count > 0) {
    const why = cutText(skipped.why, MAX_WHY);
    notes.push(
      t('panel.states.note.skipped', '{{count}} rows could not be read. The first: {{why}}', {
        count: skipped.count,
        why: why || '–',
        defaultValue_one: 'One row could not be read: {{why}}',
        ...AS_TEXT,
      })
    );
  }
  if (corrected && corrected.count > 0) {
    const why = cutText(corrected.why, MAX_WHY);
    notes.push(
      t('panel.states.note.corrected', '{{count}} rows are not shown as they were given. The first: {{why}}', {
        count: corrected.count,
        why: why || '–',
        defaultValue_one: 'One row is not shown as it was given: {{why}}',
        ...AS_TEXT,
      })
    );
  }
  return notes;
}

const getStyles = (theme: GrafanaTheme2) => ({
  notes: css({
    display: 'flex',
    flexWrap: 'wrap',
    gap: theme.spacing(0, 2),
    ...theme.typography.bodySmall,
    color: theme.colors.text.secondary,
  }),
  note: css({ overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap', maxWidth: '100%' }),
});
