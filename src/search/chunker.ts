/** Text to chunks of about one size, cut where a sentence ends, each beginning with the end of the one before. Pure. */

export interface ChunkOptions {
  /** Characters (UTF-16 units) a chunk has at most. */
  readonly size: number;
  /** Characters at most that a chunk repeats of the one before. */
  readonly overlap: number;
}

/** The chunks in order; none for a text of blanks. No character that is not blank is in no chunk. */
export function chunk(text: string, { size, overlap }: ChunkOptions): string[] {
  const chunks: string[] = [];
  let start = afterBlanks(text, 0);
  while (start < text.length) {
    const end = endOfChunk(text, start, size);
    chunks.push(text.slice(start, end).trimEnd());
    if (afterBlanks(text, end) >= text.length) break;
    start = startOfNext(text, start, end, overlap);
  }
  return chunks;
}

/** Sentences end at .!?… (also of Chinese and Japanese), closing quotes included, and at a blank line. */
const sentenceEnd = /[.!?…]+["'”’»)\]]*(?=\s)|[。！？]+["'”’»)\]」』]*|\n\s*\n/gu;

/** The last sentence's end in the second half of the room, else the last blank there, else the whole room. */
function endOfChunk(text: string, start: number, size: number): number {
  if (text.length - start <= size) return text.length;
  const room = text.slice(start, start + size + 1);
  const half = size >> 1;
  let best = 0;
  for (const match of room.matchAll(sentenceEnd)) {
    const end = match.index + match[0].length;
    if (end <= size && end > half) best = end;
  }
  if (best === 0) best = lastBlank(room, half);
  return wholeCharacter(text, start + (best === 0 ? size : best));
}

/** The next chunk starts at a sentence within the overlap, else at a word, else where the one before ended. */
function startOfNext(text: string, start: number, end: number, overlap: number): number {
  const from = Math.max(start + 1, end - overlap);
  if (from >= end) return afterBlanks(text, end);
  const shared = text.slice(from, end);
  for (const match of shared.matchAll(sentenceEnd)) {
    const next = afterBlanks(text, from + match.index + match[0].length);
    if (next < end) return next;
  }
  const blank = /\s/u.test(text[from - 1] ?? "") ? 0 : shared.search(/\s/u);
  const next = blank < 0 ? end : afterBlanks(text, from + blank);
  return next < end ? next : afterBlanks(text, end);
}

function afterBlanks(text: string, at: number): number {
  let next = at;
  while (next < text.length && /\s/u.test(text[next] ?? "")) next++;
  return next;
}

function lastBlank(room: string, after: number): number {
  for (let at = room.length - 1; at >= after; at--) if (/\s/u.test(room[at] ?? "")) return at;
  return 0;
}

/** Never between the two halves of a surrogate pair. */
function wholeCharacter(text: string, at: number): number {
  const unit = text.charCodeAt(at);
  return unit >= 0xdc00 && unit <= 0xdfff ? at - 1 : at;
}
