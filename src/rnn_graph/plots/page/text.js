// Text to tokens and back, as rnn_graph.data does it. Touches no document.
"use strict";

const UNKNOWN_TOKEN = "UNKNOWN_TOKEN";
const DIGIT = "DIGIT"; // stands for each digit in the words of taggers
// What published data write for words that they leave out.
const MARKS = ["<UNK>", "<unk>", "UNK", UNKNOWN_TOKEN, "[UNK]"];
const MARK_APART =
  /(?<![^ \t\n\r\f\v])(?:<UNK>|<unk>|UNK|UNKNOWN_TOKEN|\[UNK\])(?![^ \t\n\r\f\v])/gu;
const WORD = "[\\p{L}\\p{N}_]"; // Python's \w; that of JavaScript knows ASCII alone
const MARK = new RegExp(
  `<unk>|<UNK>|\\[UNK\\]|(?<!${WORD})(?:UNK|${UNKNOWN_TOKEN})(?!${WORD})`,
  "gu"
);
const MARK_AS_CHARACTER = "\ufffd";

const idsByToken = new WeakMap();

/** The id of a token; undefined if the model does not know it. */
function idOf(codec, token) {
  if (!idsByToken.has(codec)) {
    idsByToken.set(codec, new Map(codec.tokens.map((known, id) => [known, id])));
  }
  return idsByToken.get(codec).get(token);
}

/**
 * The tokens of a text.
 *
 * Returns their ids, the tokens as they are shown, and what the model does not know: characters
 * are left out, words are read as the unknown one.
 */
function encode(codec, text) {
  const tokens = codec.unit === "word" ? splitWords(codec, text) : plainCharacters(codec, text);
  const [ids, shown, unknown] = [[], [], new Set()];
  for (const token of tokens) {
    const id = idOf(codec, "labels" in codec ? plainForm(token, codec.plainLowercase) : token);
    if (id === undefined) unknown.add(token);
    if (id === undefined && codec.unit === "character") continue;
    ids.push(id === undefined ? codec.unknown : id);
    shown.push(token);
  }
  return { ids, shown, unknown: [...unknown] };
}

function plainCharacters(codec, text) {
  const marked = text.replace(MARK_APART, MARK_AS_CHARACTER);
  return Array.from((codec.lowercase ? marked.toLowerCase() : marked).normalize("NFC"));
}

/** The words of a text that is taken for one sentence. */
function splitWords(codec, text) {
  const marks = codec.tokenizer === "whitespace" ? MARK_APART : MARK;
  const parts = text.split(marks);
  const plain = parts.map((part) => (codec.lowercase ? part.toLowerCase() : part));
  const sentence = plain.join(UNKNOWN_TOKEN);
  if (codec.tokenizer === "whitespace") return sentence.split(/[ \t\n\r\f\v]+/).filter(Boolean);
  if (codec.tokenizer === "characters") return sentence.match(/UNKNOWN_TOKEN|\S/gu) || [];
  return treebankWords(sentence);
}

// The rules of NLTK's NLTKWordTokenizer, in its order: quotes that open, punctuation, brackets,
// quotes that close, contractions.
const EDGE = `(?:(?<=${WORD})(?!${WORD})|(?<!${WORD})(?=${WORD}))`; // \b
const OPENING = [
  [/([«“‘„]|`+)/gu, " $1 "],
  [/^"/gu, "``"],
  [/(``)/gu, " $1 "],
  [/([ ([{<])("|'{2})/gu, "$1 `` "],
  [new RegExp(`(?<!${WORD})(')(?!(?:re|ve|ll|m|t|s|d|n)${EDGE})(?=${WORD})`, "giu"), "$1 "],
];
const PUNCTUATION = [
  // The third group holds all that it can: its blanks are not tried again one by one.
  [/([^.])(\.)(?=([\])}>"' »”’]*))\3\s*$/gu, "$1 $2 $3 "],
  [/([:,])(\P{Nd})/gu, " $1 $2"],
  [/([:,])(?=\n?$)/gu, " $1 "],
  [/\.{2,}/gu, " $& "],
  [/[;@#$%&]/gu, " $& "],
  [/[\u2012-\u2015]/gu, " $& "],
  [/([^.])(\.)([\])}>"']*)\s*$/gu, "$1 $2$3 "],
  [/[?!]/gu, " $& "],
  [/([^'])' /gu, "$1 ' "],
  [/[*]/gu, " $& "],
  [/[\][(){}<>]/gu, " $& "],
  [/--/gu, " -- "],
];
const CLOSING = [
  [/([»”’])/gu, " $1 "],
  [/''/gu, " '' "],
  [/"/gu, " '' "],
  [/\s+/gu, " "],
  [/([^' ])('[sS]|'[mM]|'[dD]|') /gu, "$1 $2 "],
  [/([^' ])('ll|'LL|'re|'RE|'ve|'VE|n't|N'T) /gu, "$1 $2 "],
];
const TOGETHER = ["(can)(not)", "(d)('ye)", "(gim)(me)", "(gon)(na)", "(got)(ta)", "(lem)(me)"];
const CONTRACTIONS = [
  ...[...TOGETHER, "(more)('n)"].map((pair) => `${EDGE}${pair}${EDGE}`),
  `${EDGE}(wan)(na)(?=\\s)`,
  ` ('t)(is)${EDGE}`,
  ` ('t)(was)${EDGE}`,
].map((pattern) => [new RegExp(pattern, "giu"), " $1 $2 "]);
// A no-break space belongs to a word; private characters stand in for it meanwhile.
const NO_BREAK_SPACES = [
  ["\u00a0", "\ue000"],
  ["\u202f", "\ue001"],
];

function treebankWords(sentence) {
  let text = sentence;
  for (const [space, hidden] of NO_BREAK_SPACES) text = text.split(space).join(hidden);
  for (const [pattern, by] of [...OPENING, ...PUNCTUATION]) text = text.replace(pattern, by);
  text = ` ${text} `;
  for (const [pattern, by] of [...CLOSING, ...CONTRACTIONS]) text = text.replace(pattern, by);
  let words = text.split(/\s+/u).filter(Boolean);
  for (const [space, hidden] of NO_BREAK_SPACES) {
    words = words.map((word) => word.split(hidden).join(space));
  }
  return words.map((word) => word.trim()).filter(Boolean);
}

// ---- Taggers -----------------------------------------------------------------------------------

/** A word as a tagger looks it up: each digit as DIGIT, in lower case if asked for. */
function plainForm(word, lowercase) {
  if (MARKS.includes(word)) return UNKNOWN_TOKEN;
  const parts = lowercase ? word.split(DIGIT).map((part) => part.toLowerCase()) : [word];
  return parts.join(DIGIT).replace(/[0-9]/g, DIGIT);
}

/** The ids of a word's characters: 1 for one that is not known, from 2 on the known ones. */
function spellingOf({ spellings, plainLowercase }, word) {
  const plain = plainForm(word, plainLowercase);
  let letters = plain === UNKNOWN_TOKEN ? [] : Array.from(plain.split(DIGIT).join("0"));
  const { characters, longest } = spellings;
  if (letters.length > longest) {
    const first = Math.ceil(longest / 2);
    letters = [...letters.slice(0, first), ...letters.slice(letters.length - longest + first)];
  }
  // -1, of one that is not known, becomes 1.
  return letters.map((letter) => characters.indexOf(letter) + 2);
}

// ---- Tokens as one reads them ------------------------------------------------------------------

const NAMES = { "\n": ["⏎", "end of line"], " ": ["␣", "space"], "\t": ["⇥", "tab"] };

/** A token as a short sign, and as words for a screen reader. */
function signOf(codec, id) {
  const token = codec.tokens[id];
  if (codec.unit === "word") {
    if (id === codec.end) return ["¶", "end of sentence"];
    return [token, token];
  }
  if (NAMES[token]) return NAMES[token];
  if (/^[\p{L}\p{N}\p{P}\p{S}]$/u.test(token)) return [token, token];
  const point = `U+${token.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}`;
  return [point, point];
}

const NO_BLANK_BEFORE = /^(?:[.,;:!?%)\]}»”’]+|'.{0,3}|n't)$/u;
const NO_BLANK_BEHIND = /^[([{«“‘$#]+$|^``$/u;

/** What stands between two words. */
function blankBetween(codec, before, after) {
  if (codec.unit === "character" || codec.tokenizer === "characters") return "";
  return NO_BLANK_BEFORE.test(after) || NO_BLANK_BEHIND.test(before) ? "" : " ";
}
