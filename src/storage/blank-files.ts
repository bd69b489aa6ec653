/**
 * Empty files that are there before anybody needs one: to make a file takes longer than to fill it, and waits while the file
 * system writes its journal.
 */
import { closeSync, open as openLater, unlinkSync } from "node:fs";
import { promisify } from "node:util";

const open = promisify(openLater);

/** Of one bucket: what a commit takes, an entry and its data. */
const blanksMax = 2;
/** One that has waited longer is left for the sweep, which takes what is a day old. */
const ageMaxMs = 3_600_000;

export interface BlankFile {
  readonly path: string;
  /** Open for writing, the taker's to close. */
  readonly file: number;
}

interface Waiting extends BlankFile {
  readonly madeAt: number;
}

export class BlankFiles {
  readonly #newPath: () => Promise<string>;
  readonly #waiting: Waiting[] = [];
  #making = 0;

  /** @param newPath Of a file that is not there, in a folder that is. */
  constructor(newPath: () => Promise<string>) {
    this.#newPath = newPath;
  }

  async take(): Promise<BlankFile> {
    let blank = this.#waiting.shift();
    while (blank !== undefined && blank.madeAt < Date.now() - ageMaxMs) {
      discard(blank);
      blank = this.#waiting.shift();
    }
    this.#refill();
    return blank ?? this.#make();
  }

  #refill(): void {
    while (this.#waiting.length + this.#making < blanksMax) {
      this.#making++;
      this.#make()
        .then((blank) => this.#waiting.push(blank))
        // Whoever needs one makes it, and is told what is wrong.
        .catch(() => undefined)
        .finally(() => this.#making--);
    }
  }

  async #make(): Promise<Waiting> {
    const path = await this.#newPath();
    return { path, file: await open(path, "wx"), madeAt: Date.now() };
  }
}

function discard({ path, file }: BlankFile): void {
  closeSync(file);
  try {
    unlinkSync(path);
  } catch {
    // Another server's sweep was sooner.
  }
}
