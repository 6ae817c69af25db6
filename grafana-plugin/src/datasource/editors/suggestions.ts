import type { ComboboxOption } from '@grafana/ui';
import { useCallback, useRef, useState } from 'react';
import { describe } from '../../api/errors';
import { cutText } from '../../format/text';
import type { VirtmedicDataSource } from '../VirtmedicDataSource';

/** A list of thousands is no help: typing narrows it. */
const MOST = 200;
const LABEL_LENGTH = 100;

export interface Suggestions {
  /** For a Combobox: what contains the typed text, template variables first. */
  options: (typed: string) => Promise<ComboboxOption[]>;
  /** Why there are none from virtmedic, for people; null: there are. Any text can be entered all the same. */
  error: string | null;
}

/** Suggestions for one field; `load` is asked once, at the first use. */
export function useSuggestions(
  datasource: Pick<VirtmedicDataSource, 'templates'>,
  load: () => Promise<readonly string[]>
): Suggestions {
  const [error, setError] = useState<string | null>(null);
  const loaded = useRef<Promise<readonly string[]> | null>(null);
  const options = useCallback(
    async (typed: string) => {
      const names = datasource.templates.getVariables().map(({ name }) => `$${name}`);
      try {
        loaded.current ??= load();
        const values = await loaded.current;
        setError(null);
        return matching([...names, ...values], typed);
      } catch (cause) {
        loaded.current = null;
        setError(describe(cause));
        return matching(names, typed);
      }
    },
    [datasource, load]
  );
  return { options, error };
}

function matching(values: readonly string[], typed: string): ComboboxOption[] {
  const wanted = typed.trim().toLowerCase();
  return values
    .filter((value) => value.toLowerCase().includes(wanted))
    .slice(0, MOST)
    .map((value) => ({ value, label: cutText(value, LABEL_LENGTH) }));
}
