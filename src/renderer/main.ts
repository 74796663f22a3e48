/** @file Starts the page: client, shared state, router, and the shell around the screens. */
import "./noEval.ts";
import { pageLink } from "./transport/pageLink.ts";
import { createPinia } from "pinia";
import { createApp } from "vue";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/controls.css";
import App from "./shell/App.vue";
import { createScreens } from "./shell/screens.ts";
import { applySettings } from "./shell/settings.ts";
import { CLIENT, createClient, LINK } from "./transport/client.ts";

applySettings();
createApp(App).use(createPinia()).use(createScreens()).provide(LINK, pageLink).provide(CLIENT, createClient(pageLink)).mount("#app");
