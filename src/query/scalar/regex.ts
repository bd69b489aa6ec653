/** Regular expressions beyond those of the engine. */
import type { ScalarFunction } from "../../engine/engine.ts";
import {
  isSimilar,
  regexCount,
  regexInstr,
  regexLike,
  regexMatch,
  regexMatches,
  regexReplace,
  regexSplit,
  regexSubstr,
  regexSubstring,
  similarSubstring,
} from "../regex/functions.ts";
import { scalar } from "./scalar.ts";

export const regexScalars: readonly ScalarFunction[] = [
  scalar("shim_regex_like", ["text", "text", "text"], "bool", regexLike),
  scalar("shim_regex_match", ["text", "text", "text"], "texts", regexMatch),
  scalar("shim_regex_matches", ["text", "text", "text"], "textLists", regexMatches),
  scalar("shim_regex_substring", ["text", "text"], "text", regexSubstring),
  scalar(
    "shim_regex_replace",
    ["text", "text", "text", "int4", "int4", "text"],
    "text",
    regexReplace,
  ),
  scalar("shim_regex_split", ["text", "text", "text", "text"], "texts", regexSplit),
  scalar("shim_regex_count", ["text", "text", "int4", "text"], "int4", regexCount),
  scalar(
    "shim_regex_instr",
    ["text", "text", "int4", "int4", "int4", "text", "int4"],
    "int4",
    regexInstr,
  ),
  scalar(
    "shim_regex_substr",
    ["text", "text", "int4", "int4", "text", "int4"],
    "text",
    regexSubstr,
  ),
  scalar("shim_similar", ["text", "text", "text"], "bool", isSimilar),
  scalar("shim_similar_substring", ["text", "text", "text"], "text", similarSubstring),
];
