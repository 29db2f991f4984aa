import "./engine/start";
import "./style.css";

void import("./page");
