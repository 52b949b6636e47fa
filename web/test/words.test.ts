import { Problem } from "parley-client";
import { describe, expect, test } from "vitest";
import { ErrorCode } from "../../src/domain/errors.ts";
import { wireCode } from "../../src/surfaces/v1/problems.ts";
import { allTexts, showLocale, t } from "../src/i18n/i18n.ts";
import { whyNot } from "../src/message/not-sent/why.ts";
import { reason } from "../src/state/problem.ts";

const CODES = [...new Set(ErrorCode.options.map(wireCode)), "no_answer"] as const;
const NO_WORDS = /status|undefined|null|\d{3}|[{}_]/;

describe.each(["en", "zh"] as const)("in %s", (language) => {
  test("every code that a call may be refused with has words, without its status", async () => {
    await showLocale(language);
    await allTexts();
    for (const code of CODES) {
      const item = { client_msg_id: "a", conversation_id: 1, created_at: 0, state: "failed" } as const;
      const message = { kind: "text", body: { text: "a" } } as const;
      // A newer server may say what the types of the client do not have.
      const body: ConstructorParameters<typeof Problem>[1] = JSON.parse(JSON.stringify({ code }));
      // A proxy answers without a body, and the client makes problems of its own.
      for (const words of [reason(new Problem(418, body)), whyNot({ ...item, ...body, message })]) {
        expect(words, code).not.toBe(t("problem.other"));
        expect(words, code).toMatch(/\S{2}/);
        expect(words, code).not.toMatch(NO_WORDS);
      }
    }
    expect(reason(new Problem(404, {}))).not.toMatch(NO_WORDS);
    expect(reason(new TypeError("x is undefined"))).toBe(t("problem.other"));
    // What the server says of an input is more than the code.
    const taken = new Problem(409, { code: "conflict", detail: "The name is taken." });
    expect(reason(taken) === "The name is taken.").toBe(language === "en");
  });
});
