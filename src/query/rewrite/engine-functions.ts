/** Functions that only the engine has and that everybody may call. */
export interface EngineFunction {
  readonly name: string;
  readonly kind: "scalar" | "aggregate";
  /** Type OID of its result; 0: the engine decides. */
  readonly result: number;
}

export function engineFunction(name: string): EngineFunction | undefined {
  void name;
  return undefined;
}
