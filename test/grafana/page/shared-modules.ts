/** The modules that Grafana gives to plugins, here the npm packages. A subset: what is missing fails when a plugin asks for it. */
import 'systemjs/dist/system.js';
import 'systemjs/dist/extras/amd.js';
import 'systemjs/dist/extras/named-register.js';
import * as emotionCss from '@emotion/css';
import * as emotionReact from '@emotion/react';
import * as grafanaData from '@grafana/data';
import * as grafanaRuntime from '@grafana/runtime';
import * as grafanaUi from '@grafana/ui';
import * as i18next from 'i18next';
import lodash from 'lodash';
import moment from 'moment';
import * as react from 'react';
import * as reactDom from 'react-dom';
import * as jsxRuntime from 'react/jsx-runtime';
import * as reactRouter from 'react-router';
import * as rxjs from 'rxjs';
import { HostPluginPage } from './plugin-page.tsx';

export function shareModules(): void {
  const modules: Record<string, object> = {
    '@emotion/css': emotionCss,
    '@emotion/react': emotionReact,
    '@grafana/data': grafanaData,
    // The page around an app's content is core's.
    '@grafana/runtime': { ...grafanaRuntime, PluginPage: HostPluginPage },
    '@grafana/ui': grafanaUi,
    emotion: emotionCss,
    i18next,
    lodash: { ...lodash, default: lodash, __useDefault: true },
    moment: { default: moment, __useDefault: true },
    react,
    'react-dom': reactDom,
    'react/jsx-runtime': jsxRuntime,
    'react-router': reactRouter,
    rxjs,
  };
  const imports: Record<string, string> = {};
  for (const [name, module] of Object.entries(modules)) {
    imports[name] = `package:${name}`;
    window.System.set(`package:${name}`, module);
  }
  window.System.addImportMap({ imports });
  // Grafana fetches plugins as text and evaluates them.
  window.System.constructor.prototype.shouldFetch = () => true;
}
