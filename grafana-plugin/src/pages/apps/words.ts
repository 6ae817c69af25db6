import type { IconName } from '@grafana/data';
import { t } from '@grafana/i18n';
import type { App } from '../../api/types';
import { cutText } from '../../format/text';
import type { Tone } from '../domains/words';

const MAX_STATE = 60;

/** How an application's state is shown: a word, a sign and a colour. */
export function appStateLook({ state, fault }: Pick<App, 'state' | 'fault'>): { word: string; icon: IconName; color: Tone } {
  switch (state) {
    case 'up':
      return { word: t('pages.app-state.up', 'Up'), icon: 'play', color: fault === null ? 'green' : 'orange' };
    case 'starting':
      return { word: t('pages.app-state.starting', 'Starting'), icon: 'hourglass', color: 'orange' };
    case 'off':
      return { word: t('pages.app-state.off', 'Off, as it may be'), icon: 'power', color: 'darkgrey' };
    case 'doubtful':
      return { word: t('pages.app-state.doubtful', 'Perhaps down'), icon: 'question-circle', color: 'orange' };
    case 'faulty':
      return { word: t('pages.app-state.faulty', 'Faulty'), icon: 'exclamation-circle', color: 'red' };
    case 'muted':
      return { word: t('pages.app-state.muted', 'Being worked on'), icon: 'cog', color: 'darkgrey' };
    case 'unknown':
      return { word: t('pages.app-state.unknown', 'Not known'), icon: 'question-circle', color: 'darkgrey' };
    default:
      return { word: cutText(state, MAX_STATE), icon: 'question-circle', color: 'orange' };
  }
}
