/** money as its hundredths. https://www.postgresql.org/docs/15/datatype-money.html */
import { PgError } from "../base/error.ts";
import { invalidText } from "./codec.ts";
import { oids } from "./oids.ts";

/** cash_in under lc_monetary C: dollars, their thousands apart, two digits of cents. */
export function readMoney(text: string): bigint {
  const shape =
    /^\s*(\()?\s*(-)?\s*\$?\s*(-)?\s*\$?\s*([\d,]*)(?:\.(\d*))?\s*(\))?\s*(-)?\s*$/.exec(text);
  const [, open, before, after, whole = "", fraction = "", close, behind] = shape ?? [];
  if (!shape || (open === undefined) !== (close === undefined)) throw invalidText(oids.money, text);
  const rounding = (fraction[2] ?? "0") >= "5" ? 1n : 0n;
  const cents = BigInt(whole.replaceAll(",", "") + fraction.padEnd(2, "0").slice(0, 2)) + rounding;
  const isNegative =
    open !== undefined || [before, after, behind].some((sign) => sign !== undefined);
  const value = isNegative ? -cents : cents;
  if (BigInt.asIntN(64, value) === value) return value;
  throw new PgError("22003", `value "${text}" is out of range for type money`);
}

export function moneyText(cents: bigint): string {
  const digits = String(cents < 0n ? -cents : cents).padStart(3, "0");
  const whole = digits.slice(0, -2).replace(/\B(?=(\d{3})+$)/g, ",");
  return `${cents < 0n ? "-" : ""}$${whole}.${digits.slice(-2)}`;
}
