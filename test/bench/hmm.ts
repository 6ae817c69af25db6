import { train } from '../../exporter/src/prediction/hmm/baum-welch.ts';
import { addExpectations, createWorkspace, noExpectations } from '../../exporter/src/prediction/hmm/expectation.ts';
import type { Hmm } from '../../exporter/src/prediction/hmm/model.ts';
import { randomModel, randomNumbers } from '../../exporter/src/prediction/hmm/random-model.ts';
import { structuredModel } from '../../exporter/src/prediction/prior.ts';
import type { Bench, BenchContext } from './frame/bench.ts';
import { median } from './frame/statistics.ts';
import { makeFleet, tickFleet } from './hmm/fleet.ts';
import { ensureGhmm, largestDifference, runGhmm } from './hmm/ghmm.ts';
import { sampleSymbols } from './hmm/sample.ts';

const SEQUENCES = 40;
const TICKS = 5000;
const STEPS = 11;
const DOMAINS = 10_000;
const SAME = 1e-9;

interface Compared {
  ratios: number[];
  ghmmPerSecond: number[];
  oneStepDifference: number | null;
  allStepsDifference: number | null;
  likelihoodDifference: number | null;
}

export const bench: Bench = {
  summary: 'training beside libghmm, forecast of 10,000 domains, memory per domain',
  description: `
Training: ${SEQUENCES} sequences of ${TICKS.toLocaleString('en')} ticks, sampled from the structured prior's model of 9 states x 81 symbols; Baum-Welch from a random start, ${STEPS} steps, one
thread. Beside it libghmm (Debian's libghmm-dev, fetched into test/bench/.cache, C, -O2), the same start and data, alternating. Skipped, with a null
figure, where it cannot be fetched or built. Both must come to the same: ln P and the model after one step within ${SAME} or the bench fails.

train_obs_iter_per_s  ticks x steps / seconds of one thread's processor time, median over the runs
ghmm_ratio            train_obs_iter_per_s / that of libghmm, median of the runs' ratios; what libghmm does once, whatever the steps, is not counted
forecast_10k_ms       milliseconds on the clock for one tick of ${DOMAINS.toLocaleString('en')} domains, each with its own model: filter, next state, P(not normal within 5 minutes); median
                      (forecast_10k_cpu_ms: of the thread's processor time, mean, as the kernel counts it in steps of some milliseconds)
bytes_per_domain      heap and array memory of a domain's model, reach vector, belief, running quantiles and last reading
*_difference          largest difference of any probability to libghmm's, after one step and after all; of ln P as a share of it`,
  goals: {
    train_obs_iter_per_s: { op: '>=', value: 3e6 },
    ghmm_ratio: { op: '>=', value: 2 },
    forecast_10k_ms: { op: '<=', value: 20 },
    bytes_per_domain: { op: '<=', value: 32_768 },
  },
  async run(context) {
    const runs = context.quick ? 2 : 9;
    const random = randomNumbers(20_260_101);
    const sequences = Array.from({ length: SEQUENCES }, () => sampleSymbols(structuredModel(5), TICKS, random));
    const start = randomModel(9, 81, random, 1e-6);
    const training = await measureTraining(context, start, sequences, runs);
    const fleet = measureFleet(context, random, context.quick ? 20 : 200);
    const notes = training['ghmm_ratio'] === null ? ['libghmm could not be fetched or built here, so nothing was compared with it (see above)'] : [];
    return { figures: { ...training, ...fleet }, runs, notes };
  },
};

async function measureTraining({ progress, signal }: BenchContext, start: Hmm, symbols: readonly Int16Array[], runs: number): Promise<Record<string, number | null>> {
  const program = await ensureGhmm(progress);
  const ours: number[] = [];
  const compared: Compared = { ratios: [], ghmmPerSecond: [], oneStepDifference: null, allStepsDifference: null, likelihoodDifference: null };
  const ticks = SEQUENCES * TICKS;
  trainSteps(start, symbols, STEPS);
  for (let run = 0; run < runs; run++) {
    signal.throwIfAborted();
    const startedSeconds = threadSeconds();
    const trained = trainSteps(start, symbols, STEPS);
    const perSecond = (ticks * STEPS) / (threadSeconds() - startedSeconds);
    ours.push(perSecond);
    let text = '';
    if (program !== null) {
      const ghmm = await runGhmm(program, start, symbols, STEPS);
      const theirs = ticks / ghmm.secondsPerStep;
      compared.ghmmPerSecond.push(theirs);
      compared.ratios.push(perSecond / theirs);
      compared.likelihoodDifference = Math.abs(logLikelihood(start, symbols) / ghmm.logLikelihood - 1);
      compared.oneStepDifference = largestDifference(trainSteps(start, symbols, 1), ghmm.once);
      compared.allStepsDifference = largestDifference(trained, ghmm.often);
      if (!(compared.likelihoodDifference <= SAME && compared.oneStepDifference <= SAME)) throw new Error(`libghmm comes to another result: ${JSON.stringify(compared)}`);
      text = `, libghmm ${(theirs / 1e6).toFixed(2)} M`;
    }
    progress(`run ${run + 1}/${runs}: ${(perSecond / 1e6).toFixed(2)} M observation-iterations/s${text}`);
  }
  return {
    train_obs_iter_per_s: median(ours),
    ghmm_ratio: compared.ratios.length > 0 ? median(compared.ratios) : null,
    ghmm_obs_iter_per_s: compared.ghmmPerSecond.length > 0 ? median(compared.ghmmPerSecond) : null,
    likelihood_difference: compared.likelihoodDifference,
    one_step_difference: compared.oneStepDifference,
    all_steps_difference: compared.allStepsDifference,
  };
}

/** Processor time of this thread: what else the machine does counts little. */
function threadSeconds(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1e6;
}

function trainSteps(start: Hmm, symbols: readonly Int16Array[], steps: number): Hmm {
  const sequences = symbols.map((one) => ({ symbols: one, possible: null }));
  const { model, iterations } = train(start, sequences, { prior: null, floor: 0, tolerance: 0, maxIterations: steps });
  if (iterations !== steps) throw new Error(`${iterations} steps, expected ${steps}`);
  return model;
}

function logLikelihood(model: Hmm, symbols: readonly Int16Array[]): number {
  const sums = noExpectations(model);
  const work = createWorkspace(model, TICKS);
  for (const one of symbols) addExpectations(model, { symbols: one, possible: null }, sums, work);
  return sums.logLikelihood;
}

function measureFleet({ progress, signal }: BenchContext, random: () => number, ticks: number): Record<string, number> {
  const { fleet, bytesPerDomain } = makeFleet(DOMAINS, random);
  const into = new Float64Array(2 * DOMAINS);
  const times: number[] = [];
  const cpuTimes: number[] = [];
  for (let tick = -ticks; tick < ticks; tick++) {
    signal.throwIfAborted();
    const symbols = Int16Array.from({ length: DOMAINS }, () => Math.floor(random() * 81));
    const startedMs = performance.now();
    const startedSeconds = threadSeconds();
    tickFleet(fleet, symbols, into);
    // The first half warms up: a daemon runs for months.
    if (tick >= 0) {
      times.push(performance.now() - startedMs);
      cpuTimes.push((threadSeconds() - startedSeconds) * 1000);
    }
    if (!into.every((value) => value >= 0 && value <= 1)) throw new Error('a forecast is no probability');
  }
  progress(`${DOMAINS} domains: ${median(times).toFixed(2)} ms a tick, ${bytesPerDomain.toFixed(0)} bytes each`);
  return { forecast_10k_ms: median(times), forecast_10k_cpu_ms: cpuTimes.reduce((sum, time) => sum + time, 0) / cpuTimes.length, forecast_10k_ms_max: Math.max(...times), bytes_per_domain: bytesPerDomain };
}
