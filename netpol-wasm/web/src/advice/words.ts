// The words of the part for authors in the language of the page.

import { computed } from "@preact/signals";
import { language } from "../store";
import { ADVICE_WORDS, type AdviceWords } from "./sentences";

export { said } from "./sentences";
export const words = computed((): AdviceWords => ADVICE_WORDS[language.value]);
