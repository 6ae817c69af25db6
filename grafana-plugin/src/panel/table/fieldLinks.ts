import type { Field, LinkModel } from '@grafana/data';
import { cutText } from '../../format/text';
import type { RecoveryItem } from '../model/types';

const MAX_LINKS = 20;
const MAX_TITLE = 100;

export type FieldLink = Pick<LinkModel<Field>, 'href' | 'target' | 'onClick'> & { title: string };

/** The data links that are configured on any field of the item, each once; a link that cannot be made is left out. */
export function fieldLinks({ fields, row }: Pick<RecoveryItem, 'fields' | 'row'>): FieldLink[] {
  const links = new Map<string, FieldLink>();
  for (const field of Object.values(fields ?? {})) {
    for (const link of linksOf(field, row)) {
      links.set(`${link.title}\n${link.href}`, link);
    }
  }
  return [...links.values()].slice(0, MAX_LINKS);
}

function linksOf(field: Field | undefined, row: number): FieldLink[] {
  try {
    return (field?.getLinks?.({ valueRowIndex: row }) ?? []).map(({ href, title, target, onClick }) => ({
      href: withoutScript(href),
      title: cutText(title, MAX_TITLE) || cutText(href, MAX_TITLE),
      target,
      onClick,
    }));
  } catch {
    return [];
  }
}

const SCRIPTS = new Set(['javascript:', 'vbscript:', 'data:']);

/** As it is, for Grafana has made it; but never one that runs in this page. */
function withoutScript(href: string): string {
  return SCRIPTS.has(new URL(href, document.baseURI).protocol) ? 'about:blank' : href;
}
