/*
 * Forward likelihood, one step and several steps of Baum-Welch by libghmm, with the processor time that a step takes.
 *
 * Standard input: N M, pi (N), A (N x N, row by row), B (N x M, state by state), S, then for each of S sequences its length and symbols;
 * last the number of steps. Standard output: ln P; seconds per step; then pi, A, B after one step; then after all steps.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <ghmm/model.h>
#include <ghmm/reestimate.h>
#include <ghmm/sequence.h>

/* Asked for by continuous models, which are not used here; so LAPACK is not needed. */
void clapack_dgetrf(void) { abort(); }
void clapack_dgetri(void) { abort(); }
void clapack_dpotrf(void) { abort(); }

static void fail(const char *what) {
  fprintf(stderr, "%s\n", what);
  exit(1);
}

static double number(void) {
  double value;
  if (scanf("%lf", &value) != 1) fail("unexpected end of input");
  return value;
}

static ghmm_dmodel *read_model(void) {
  int n = (int)number(), m = (int)number(), i, j;
  int *degrees = malloc(sizeof(int) * n);
  ghmm_dmodel *model;
  for (i = 0; i < n; i++) degrees[i] = n;
  model = ghmm_dmodel_calloc(m, n, GHMM_kDiscreteHMM, degrees, degrees);
  if (!model) fail("no model");
  free(degrees);
  for (i = 0; i < n; i++) {
    model->s[i].in_states = model->s[i].out_states = n;
    model->s[i].pi = number();
  }
  for (i = 0; i < n; i++) {
    for (j = 0; j < n; j++) {
      model->s[i].out_id[j] = model->s[i].in_id[j] = j;
      model->s[i].out_a[j] = model->s[j].in_a[i] = number();
    }
  }
  for (i = 0; i < n; i++) for (j = 0; j < m; j++) model->s[i].b[j] = number();
  if (ghmm_dmodel_check(model) != 0) fail("libghmm says that the model is none");
  return model;
}

static ghmm_dseq *read_sequences(void) {
  int count = (int)number(), s, t;
  ghmm_dseq *sequences = ghmm_dseq_calloc(count);
  if (!sequences) fail("no sequences");
  for (s = 0; s < count; s++) {
    sequences->seq_len[s] = (int)number();
    sequences->seq[s] = malloc(sizeof(int) * sequences->seq_len[s]);
    for (t = 0; t < sequences->seq_len[s]; t++) sequences->seq[s][t] = (int)number();
    sequences->seq_w[s] = 1;
  }
  sequences->total_w = count;
  return sequences;
}

static void print_model(const ghmm_dmodel *model) {
  int i, j;
  for (i = 0; i < model->N; i++) printf("%.17g ", model->s[i].pi);
  for (i = 0; i < model->N; i++) for (j = 0; j < model->N; j++) printf("%.17g ", model->s[i].out_a[j]);
  for (i = 0; i < model->N; i++) for (j = 0; j < model->M; j++) printf("%.17g ", model->s[i].b[j]);
  printf("\n");
}

static double steps(ghmm_dmodel *model, ghmm_dseq *sequences, int count) {
  struct timespec from, to;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
  if (ghmm_dmodel_baum_welch_nstep(model, sequences, count, 0) != 0) fail("Baum-Welch failed");
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
  return (to.tv_sec - from.tv_sec) + (to.tv_nsec - from.tv_nsec) / 1e9;
}

int main(void) {
  ghmm_dmodel *model = read_model(), *once = ghmm_dmodel_copy(model), *often = ghmm_dmodel_copy(model);
  ghmm_dseq *sequences = read_sequences();
  int count = (int)number();
  double seconds_once, seconds_often;
  if (!once || !often || count < 2) fail("no copies, or fewer than 2 steps");
  printf("%.17g\n", ghmm_dmodel_likelihood(model, sequences));
  seconds_once = steps(once, sequences, 1);
  seconds_often = steps(often, sequences, count);
  /* What is done once, whatever the number of steps, falls out. */
  printf("%.9f\n", (seconds_often - seconds_once) / (count - 1));
  print_model(once);
  print_model(often);
  return 0;
}
