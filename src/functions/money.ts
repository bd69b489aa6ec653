/** money: sums of hundredths, kept as their text. https://www.postgresql.org/docs/15/datatype-money.html */
import { PgError } from "../base/error.ts";
import { moneyText, readMoney } from "../pgtypes/money.ts";
import { comparisons, order } from "./compare.ts";
import type { KernelTable } from "./kernel.ts";

function scaled(text: string, by: number): string {
  return moneyText(BigInt(Math.round(Number(readMoney(text)) * by)));
}

function shared(text: string, by: number | bigint): string {
  if (Number(by) === 0) throw new PgError("22012", "division by zero");
  return typeof by === "bigint"
    ? moneyText(readMoney(text) / by)
    : moneyText(BigInt(Math.round(Number(readMoney(text)) / by)));
}

export const moneyKernels: KernelTable = {
  ...comparisons("cash_", "money", readMoney, order),
  "sort_key(money) text": (text: string) => String(readMoney(text) + 2n ** 63n).padStart(20, "0"),
  "sum_of(_money) money": (values: readonly (string | null)[]) => {
    const present = values.filter((value) => value !== null);
    return present.length === 0
      ? null
      : moneyText(present.reduce((all, one) => all + readMoney(one), 0n));
  },
  "money(int4) money": (value: number) => moneyText(BigInt(value) * 100n),
  "money(int8) money": (value: bigint) => moneyText(value * 100n),
  "money(numeric) money": (text: string) => moneyText(readMoney(text)),
  "numeric(money) numeric": (text: string) => text.replace(/[$,]/g, ""),
  "cash_pl(money,money) money": (a: string, b: string) => moneyText(readMoney(a) + readMoney(b)),
  "cash_mi(money,money) money": (a: string, b: string) => moneyText(readMoney(a) - readMoney(b)),
  "cash_mul_flt8(money,float8) money": scaled,
  "flt8_mul_cash(float8,money) money": (by: number, text: string) => scaled(text, by),
  "cash_mul_int4(money,int4) money": scaled,
  "int4_mul_cash(int4,money) money": (by: number, text: string) => scaled(text, by),
  "cash_mul_int8(money,int8) money": (text: string, by: bigint) => moneyText(readMoney(text) * by),
  "int8_mul_cash(int8,money) money": (by: bigint, text: string) => moneyText(readMoney(text) * by),
  "cash_div_flt8(money,float8) money": shared,
  "cash_div_int4(money,int4) money": (text: string, by: number) => shared(text, BigInt(by)),
  "cash_div_int8(money,int8) money": shared,
  "cash_div_cash(money,money) float8": (a: string, b: string) => {
    if (readMoney(b) === 0n) throw new PgError("22012", "division by zero");
    return Number(readMoney(a)) / Number(readMoney(b));
  },
};
