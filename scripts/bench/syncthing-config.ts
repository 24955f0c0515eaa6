/** What a syncthing of the bench is told, and what its answers come to. Pure functions. */

export interface Device {
  readonly id: string
  /** The folder whose files are to be the same on both. */
  readonly folder: string
  /** For the other device. */
  readonly port: number
  /** For the questions of the bench. */
  readonly askPort: number
}

export const folderId = 'bench'
/** What the bench shows when it asks: who listens on loopback only has nothing to keep from this machine. */
export const apiKey = 'bench'

/** The version of syncthing's configuration that is written here; a later syncthing brings it up to date itself. */
const configVersion = 36

/** @returns a configuration of `own` in which it knows `other` and nobody else, and looks for nobody. */
export function configText(own: Device, other: Device): string {
  return `<configuration version="${configVersion}">
  <folder id="${folderId}" path="${escaped(own.folder)}" type="sendreceive" rescanIntervalS="0" fsWatcherEnabled="false">
    <device id="${own.id}"></device>
    <device id="${other.id}"></device>
  </folder>
  ${deviceText(own)}
  ${deviceText(other)}
  <gui enabled="true" tls="false">
    <address>127.0.0.1:${own.askPort}</address>
    <apikey>${apiKey}</apikey>
  </gui>
  <options>
    <listenAddress>${addressOf(own)}</listenAddress>
    <globalAnnounceEnabled>false</globalAnnounceEnabled>
    <localAnnounceEnabled>false</localAnnounceEnabled>
    <relaysEnabled>false</relaysEnabled>
    <natEnabled>false</natEnabled>
    <stunKeepaliveStartS>0</stunKeepaliveStartS>
    <urAccepted>-1</urAccepted>
    <crashReportingEnabled>false</crashReportingEnabled>
    <autoUpgradeIntervalH>0</autoUpgradeIntervalH>
    <startBrowser>false</startBrowser>
    <setLowPriority>false</setLowPriority>
  </options>
</configuration>
`
}

function deviceText(device: Device): string {
  return `<device id="${device.id}"><address>${addressOf(device)}</address></device>`
}

function addressOf({ port }: Device): string {
  return `tcp://127.0.0.1:${port}`
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;')
}

/** @returns the device's id in what `syncthing generate` says. @throws Error when there is none. */
export function deviceIdIn(output: string): string {
  const found = /\b(?:[A-Z2-7]{7}-){7}[A-Z2-7]{7}\b/.exec(output)
  if (found === null) throw new Error(`syncthing made no device: ${output.trim()}`)
  return found[0]
}

/** What a syncthing says of its folder: the part that matters here. */
export interface FolderStatus {
  readonly state: string
  readonly localFiles: number
  readonly localBytes: number
  readonly needTotalItems: number
}

/** Whether a device is done and has as many files and bytes as the one that has everything. */
export function hasAllOf(own: FolderStatus, whole: FolderStatus): boolean {
  return (
    own.state === 'idle' &&
    own.needTotalItems === 0 &&
    own.localFiles === whole.localFiles &&
    own.localBytes === whole.localBytes
  )
}
