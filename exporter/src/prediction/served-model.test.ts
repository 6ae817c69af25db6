import { describe, expect, it } from 'vitest';
import { copyModel } from './hmm/model.ts';
import { domainKey, hostKey } from './model-source.ts';
import type { ModelSource, TrainedModel } from './model-source.ts';
import { DEFAULT_PREDICTOR } from './predictor.ts';
import { structuredModel } from './prior.ts';
import { chooseModels } from './served-model.ts';

const SETTINGS = DEFAULT_PREDICTOR;
const [A, B, HOST] = [domainKey('a'), domainKey('b'), hostKey('h1')];

function trained(tickSeconds = 5): TrainedModel {
  return { model: copyModel(structuredModel(5)), trainedAtMs: 7, tickSeconds };
}

function choose(own: Record<string, TrainedModel>, pooled: Partial<Record<'domain' | 'host', TrainedModel>>, warnings: string[] = []) {
  const source: ModelSource = { own: (key) => own[key] ?? null, pooled: (kind) => pooled[kind] ?? null };
  return chooseModels(source, SETTINGS, (text) => warnings.push(text));
}

describe('the model of a target', () => {
  it('is its own, else the pooled one of its kind, else the prior; each is made ready once', () => {
    const pooled = trained();
    const choice = choose({ [A]: trained() }, { domain: pooled });
    expect([A, B, HOST].map((key) => choice.of(key).told)).toEqual([
      { source: 'own', trainedAtMs: 7 }, { source: 'pooled', trainedAtMs: 7 }, { source: 'prior', trainedAtMs: null },
    ]);
    expect(choice.of(B).forecaster).toBe(choice.of(domainKey('c')).forecaster);
    expect(choice.of(B).forecaster.model).toBe(pooled.model);
  });

  it('is not one of another tick length, which is said once', () => {
    const warnings: string[] = [];
    const choice = choose({ [A]: trained(15), [B]: trained(5.04) }, { domain: trained(15) }, warnings);
    expect([A, B, domainKey('c')].map((key) => choice.of(key).told.source)).toEqual(['prior', 'own', 'prior']);
    expect(warnings).toEqual(['models trained on ticks of 15 s are not used at ticks of 5 s: until they are trained anew the built-in model forecasts']);
  });

  it('is not one that is no model', () => {
    const warnings: string[] = [];
    const broken = trained();
    broken.model.emission[3] = Number.NaN;
    const choice = choose({ [A]: broken, [B]: trained(Number.NaN) }, {}, warnings);
    expect([A, B, A].map((key) => choice.of(key).told.source)).toEqual(['prior', 'prior', 'prior']);
    expect(warnings[0]).toMatch(/domain-a is not used: emission\[3\]/);
    expect(warnings).toHaveLength(2);
  });
});
