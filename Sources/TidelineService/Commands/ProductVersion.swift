/// The version of this program, as `tideline version` prints it and `Server` fields may carry it.
package enum ProductVersion {
    /// Semantic version (semver.org); changed by the commit that makes a release.
    package static let text = "0.1.0"
}
