// Why a call came to nothing, in words. Pure.
import { textIfKnown } from "../../../protocol/locales/index.ts";
import type { Answer } from "../state/api.ts";
import type { Words } from "./use.tsx";

/** The console's stable name for a refusal as a sentence; its own words where the tables do not know the name. */
export function refusalText(answer: Answer<unknown> | undefined, { language, t }: Words): string {
  if (!answer || answer.ok) return "";
  if (answer.code !== "refused") return answer.code === "unreachable" ? t("action.error.unreachable") : "";
  const known = answer.problem && textIfKnown(language, `problem.${answer.problem}`, { detail: answer.detail });
  return t("action.error.refused", { detail: known || answer.detail });
}
