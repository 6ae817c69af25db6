/** Grafana's template service: what a scene knows is asked of the scene, as core does. */
import type { ScopedVars } from '@grafana/data';
import type { TemplateSrv } from '@grafana/runtime';
import { sceneGraph } from '@grafana/scenes';
import type { SceneObject } from '@grafana/scenes';

/** The dashboard on the screen: variables are looked up in it where a request names no object. */
let current: SceneObject | null = null;
export function setCurrentScene(scene: SceneObject): void {
  current = scene;
}

export const templateSrv: TemplateSrv = {
  getVariables: () => [],
  replace: (text = '', scopedVars = {}, format) => {
    const scene = sceneOf(scopedVars) ?? current;
    return scene === null ? replaceScoped(text, scopedVars) : sceneGraph.interpolate(scene, text, scopedVars, format as never);
  },
  containsTemplate: (text) => /\$\{?\w|\[\[\w/.test(text ?? ''),
  updateTimeRange: () => {},
};

function sceneOf(scopedVars: ScopedVars): SceneObject | null {
  const own = scopedVars['__sceneObject'] as { value?: unknown; valueOf?: () => unknown } | undefined;
  if (own === undefined) return null;
  const value: unknown = own.value ?? own.valueOf?.();
  const object: unknown = typeof value === 'object' && value !== null ? value.valueOf() : value;
  return object instanceof Object && 'state' in object ? (object as SceneObject) : null;
}

function replaceScoped(text: string, scopedVars: ScopedVars): string {
  return text.replace(/\$\{(\w+)(?::\w+)?\}|\$(\w+)/g, (whole, braced: string | undefined, bare: string | undefined) => {
    const known = scopedVars[braced ?? bare ?? ''];
    return known?.value === undefined ? whole : String(known.value);
  });
}
