/** What the panel has to say about rows that it could not show, or not as they were given. */
export interface Note {
  count: number;
  /** The reason of the first, for people. */
  why: string;
}

export interface Notes {
  skipped: Note;
  corrected: Note;
}

export function emptyNotes(): Notes {
  return { skipped: { count: 0, why: '' }, corrected: { count: 0, why: '' } };
}

/** Counts into a note; the reason of the first stays. */
export function addTo(note: Note, why: () => string, count = 1): void {
  if (count <= 0) {
    return;
  }
  if (note.count === 0) {
    note.why = why();
  }
  note.count += count;
}
