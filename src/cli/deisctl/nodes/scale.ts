// deisctl nodes scale: v0.5's name for `layers scale`.

import LayersScale from '../layers/scale.ts';

export default class NodesScale extends LayersScale {
  static override summary = 'Make or remove machines of a layer: the same as `layers scale`.';
  static override usage = ['nodes scale [FORMATION] LAYER=NUMBER...'];
  static override examples = ['<%= config.bin %> nodes scale shop runtime=3 proxy=2'];
  static override strict = false;
  static override args = LayersScale.args;
}
