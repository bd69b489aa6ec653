/** Every function of scalar/. Registered with the engine once, at boot, before the macros. */
import type { ScalarFunction } from "../../engine/engine.ts";
import { degreeScalars } from "./degrees.ts";
import { numericScalars } from "./numeric.ts";
import { regexScalars } from "./regex.ts";

export const engineScalars: readonly ScalarFunction[] = [
  ...degreeScalars,
  ...numericScalars,
  ...regexScalars,
];
