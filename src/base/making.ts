/** Something that is made behind the scenes, one at a time, and that whoever takes it down has to wait for. */
export class Making {
  /** Resolves, never rejects; undefined when nothing is being made. */
  current: Promise<void> | undefined;

  /** The work itself, so that its failure reaches whoever minds it. */
  start(work: Promise<void>): Promise<void> {
    const settled = work
      .catch(() => undefined)
      .then(() => {
        if (this.current === settled) this.current = undefined;
      });
    this.current = settled;
    return work;
  }
}
