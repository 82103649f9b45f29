// Labels for the words of a sentence. Uses forward.js, and no document either.
"use strict";

/** Features of a word from its characters: of each unit the largest value of a convolution. */
function characterFeatures({ table, W, b }, spelling) {
  const features = new Float32Array(W.columns);
  const width = W.rows / table.columns; // characters that the convolution sees
  const beyond = Array(width >> 1).fill(0);
  const padded = [...beyond, ...spelling, ...beyond];
  spelling.forEach((_, place) => {
    const seen = new Float32Array(W.rows);
    for (let k = 0; k < width; k++) seen.set(rowOf(table, padded[place + k]), k * table.columns);
    affine(seen, W, b).forEach((value, unit) => {
      if (value > features[unit]) features[unit] = value;
    });
  });
  return features;
}

/** What the recurrent layers read for each word: a window of embeddings and features. */
function wordWindows(network, ids, spellings) {
  const { embedding, characters, window } = network;
  const rowFor = (id, spelling) => {
    const row = embed(embedding, id);
    return characters ? [...row, ...characterFeatures(characters, spelling)] : [...row];
  };
  // The last row of the embeddings stands for what is beyond the sentence.
  const margin = Array(window >> 1).fill(rowFor(embedding.table.rows - 1, []));
  const rows = [...margin, ...ids.map((id, k) => rowFor(id, spellings[k])), ...margin];
  return ids.map((_, k) => Float32Array.from(rows.slice(k, k + window).flat()));
}

/** The output of a layer at each step. */
function runLayer(layer, inputs) {
  let states = firstStates(layer);
  const trace = new Array(inputs.length);
  for (let step = 0; step < inputs.length; step++) {
    const place = layer.backwards ? inputs.length - 1 - step : step;
    states = stepLayer(layer, inputs[place], states);
    trace[place] = states;
  }
  return trace;
}

/**
 * The labels of a sentence.
 *
 * ids, spellings: of each word its id, and the ids of its characters if the network reads them.
 * Returns the ids of the labels; the probabilities of all labels for each word, which of a CRF are
 * those over all sequences; and the states of each direction behind each word.
 */
function tagWords(network, ids, spellings) {
  if (!ids.length) return { labels: [], probabilities: [], traces: [] };
  const inputs = wordWindows(network, ids, spellings);
  const [directions] = network.layers;
  const traces = directions.map((layer) => runLayer(layer, inputs));
  const scores = ids.map((_, place) => {
    const outputs = traces.map((trace) => [...trace[place][0]]);
    return logitsOf(network, Float32Array.from(outputs.flat()));
  });
  if (!network.crf) {
    return { labels: scores.map(placeOfLargest), probabilities: scores.map(softmax), traces };
  }
  return {
    labels: bestSequence(network.crf, scores),
    probabilities: marginals(network.crf, scores),
    traces,
  };
}

const FORBIDDEN = -1e30; // what a transition scores that the scheme of the labels rules out

/** The sequence of labels with the highest score, by Viterbi's algorithm. */
function bestSequence({ transitions, starts, ends, forbidden }, emissions) {
  const [never, neverFirst, neverLast] = forbidden || [];
  const without = (scores, ruledOut) =>
    scores.values.map((score, k) => score + (ruledOut && ruledOut.values[k] ? FORBIDDEN : 0));
  const [pairs, first, last] = [
    without(transitions, never),
    without(starts, neverFirst),
    without(ends, neverLast),
  ];
  const n = first.length;
  let scores = emissions[0].map((score, label) => score + first[label]);
  const origins = emissions.slice(1).map((emission) => {
    const from = new Int32Array(n);
    const after = new Float64Array(n);
    for (let to = 0; to < n; to++) {
      let best = 0;
      for (let k = 1; k < n; k++) {
        if (scores[k] + pairs[k * n + to] > scores[best] + pairs[best * n + to]) best = k;
      }
      from[to] = best;
      after[to] = scores[best] + pairs[best * n + to] + emission[to];
    }
    scores = after;
    return from;
  });
  const labels = [placeOfLargest(scores.map((score, label) => score + last[label]))];
  for (const from of origins.reverse()) labels.unshift(from[labels[0]]);
  return labels;
}

/** The probability of each label at each word, over all sequences of labels. */
function marginals({ transitions, starts, ends }, emissions) {
  const n = starts.columns;
  const T = emissions.length;
  // Logarithms of the sums over all beginnings up to a word, and over all continuations behind it.
  const before = [emissions[0].map((score, label) => score + starts.values[label])];
  for (let t = 1; t < T; t++) {
    before.push(
      emissions[t].map((score, to) => {
        const paths = before[t - 1].map((sum, k) => sum + transitions.values[k * n + to]);
        return score + logSumExp(paths);
      })
    );
  }
  const behind = new Array(T);
  behind[T - 1] = Float64Array.from(ends.values);
  for (let t = T - 2; t >= 0; t--) {
    behind[t] = Float64Array.from({ length: n }, (_, from) => {
      const row = rowOf(transitions, from);
      return logSumExp(behind[t + 1].map((sum, k) => sum + row[k] + emissions[t + 1][k]));
    });
  }
  return before.map((sums, t) => softmax(sums.map((sum, label) => sum + behind[t][label])));
}
