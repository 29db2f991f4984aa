// Owns the module of authors, beside the first worker and never in its way.

import { load, memoryBytes, Workspace } from "netpol/authoring";
import type { AdviceQuestions, Ask } from "../engine/protocol";
import { serve } from "../engine/serve";
import { Session } from "../engine/session";

serve({
  load: (languages) => load(undefined, { languages }),
  start: () => {
    const workspace = new Workspace();
    const session = new Session(workspace, workspace);
    return {
      get refused() {
        return session.refused;
      },
      change: (change) => session.change(change),
      ask: (asked) => {
        const ask = asked as Ask<AdviceQuestions>;
        switch (ask.method) {
          case "ingress":
            return workspace.ingress(ask.question);
          case "lint":
            return workspace.lint(ask.question);
          case "fix":
            return workspace.fix(ask.question);
          default:
            return workspace[ask.method]();
        }
      },
    };
  },
  memoryBytes,
});
