import { effect } from "@preact/signals";
import { render } from "preact";
import { App } from "./App";
import { advice, adviceFailure, asked, openAddress, state } from "./store";

const host = document.getElementById("app");
if (host !== null) {
  render(<App />, host);
}
void openAddress();
addEventListener("hashchange", () => void openAddress(true));

// The first answer comes first: the part for authors can wait for it, and for what is asked after it.
const stopWaiting = effect(() => {
  if (state.value !== undefined) {
    setTimeout(async () => {
      stopWaiting();
      try {
        advice.value = await import("./advice/advice");
      } catch (error) {
        adviceFailure.value = String(error);
      }
    }, 200);
  }
});

// So can what keeps the page for later.
// `netpol playground` serves what it was built with, and other manifests another time: it keeps nothing.
const isLocal = new URLSearchParams(location.search).has("local");
if (import.meta.env.PROD && !isLocal && "serviceWorker" in navigator) {
  const stop = effect(() => {
    if (asked.value !== undefined) {
      setTimeout(() => {
        stop();
        void navigator.serviceWorker.register("./service-worker.js");
      }, 500);
    }
  });
}
