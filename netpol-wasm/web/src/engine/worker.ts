// Owns the module: everything that is decided is decided here, so that typing never waits.

import { load, memoryBytes, Workspace } from "netpol";
import type { Ask, Questions } from "./protocol";
import { serve } from "./serve";
import { Session } from "./session";

serve({
  load: (languages) => load(undefined, { languages }),
  start: () => {
    const session = new Session(new Workspace());
    return {
      get refused() {
        return session.refused;
      },
      change: (change) => session.change(change),
      ask: (ask) => session.ask(ask as Ask<Questions>),
    };
  },
  memoryBytes,
});
